"""The API for machines. `views` answers, `brief_queries` reads parameters and rows, `openapi` describes both."""

"""Text in both languages: lexicon, checks, documents, citations, rendering. Pure: content in, findings or text out."""

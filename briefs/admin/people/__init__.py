"""People and roles: `people_admin` has the pages, `leaving` who may change whom and how a person leaves."""

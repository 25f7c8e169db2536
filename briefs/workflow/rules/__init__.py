"""Rules that verbs share: `transitions` runs a verb, `refusals` says no, `four_eyes` tells who may sign and approve,
`working_copy` stores texts.
"""

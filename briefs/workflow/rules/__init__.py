"""Rules that verbs share: `transitions` runs a verb, `refusals` has messages, `four_eyes` decides who may sign and
approve, `working_copy` stores texts.
"""

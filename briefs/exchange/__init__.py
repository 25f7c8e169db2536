"""What reads or writes drafts as files. What is public goes out through `published`."""

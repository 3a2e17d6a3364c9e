"""Twine stories, read for `adapters.importing`: what a passage says, and what of it is ours."""

"""The law: citations, provisions found for a question, harm that cannot wait."""

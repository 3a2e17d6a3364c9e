"""Telegram: updates to arrivals, replies to messages with keyboards, and an intake of ours."""

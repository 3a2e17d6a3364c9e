"""Slack: payloads to arrivals, replies to blocks, and the wiring of slack-bolt between them."""

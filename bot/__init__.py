"""The tutor itself: content, engine, store, delivery. Nothing in here knows a chat platform."""

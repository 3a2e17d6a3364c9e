"""A year of drills in a minute: real store, tutor, sender and scheduler; only the clock is false."""

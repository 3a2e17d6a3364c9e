"""What `make bench` runs: speed and size of the tutor beside the plain way and the machine's limits."""

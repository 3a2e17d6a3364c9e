"""Where people meet the tutor: each adapter turns a platform's payload into arrivals and replies back."""

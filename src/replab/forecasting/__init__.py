"""What is still to be trained, what that costs here, and which claims it would decide."""

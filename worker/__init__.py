"""Takes jobs from the queue, has Stability paint them, and puts the pictures into the bucket."""

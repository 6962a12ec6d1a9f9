"""The wall: where student code runs, and how bytes cross."""

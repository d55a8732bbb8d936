"""What stands on the page, in which order, and how it is made to fit; pure."""

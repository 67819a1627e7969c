"""asknext: what to label next, when to change the way of choosing, and when to stop."""

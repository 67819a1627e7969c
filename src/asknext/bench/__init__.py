"""Fair comparisons: the same splits, the same first labels, the same loop for every strategy."""

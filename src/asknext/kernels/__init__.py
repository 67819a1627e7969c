"""Array mathematics without a word of active learning."""

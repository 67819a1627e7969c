"""The routes of the labelling page: who may ask, what is read, what is changed."""

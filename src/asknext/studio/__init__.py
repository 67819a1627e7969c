"""The labelling page: a project on the disk, the server that one person labels it with, and the page."""

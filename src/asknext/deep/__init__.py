"""Networks and their training in PyTorch: the extra `torch`. Nothing here is imported without it."""

"""Encoders: from raw items to embeddings that any classifier and any distance can use."""

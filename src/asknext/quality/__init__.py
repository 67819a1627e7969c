"""How good labels are: how far people agree, and what they say together."""

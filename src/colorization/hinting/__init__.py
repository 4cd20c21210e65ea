"""Colours that are known at some places of a photograph: spread over it, alone or beside a network's colours."""

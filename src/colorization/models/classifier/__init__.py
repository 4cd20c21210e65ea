"""The scene classifier, the judge of recognisability."""

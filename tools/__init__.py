"""What those who work on pybridge run: none of it is installed."""

"""What is given to users, built from a checkout: `make dist`."""

"""What is in force: definitions from files and of a store, read, registered and read anew."""

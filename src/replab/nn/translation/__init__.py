"""What networks that translate are made of, how they are searched, and how what they find is scored."""

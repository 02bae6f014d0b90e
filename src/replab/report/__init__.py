"""From run records to frames, and from frames to markdown, CSV and figures."""

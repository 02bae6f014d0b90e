"""The parts of the HTML page, from the frames that the markdown is made from too."""

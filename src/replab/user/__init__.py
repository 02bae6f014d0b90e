"""Components, studies and claims of the user's own, in files outside the package."""

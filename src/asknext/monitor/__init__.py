"""What a campaign tells about itself: pure functions of arrays, one idea a module."""

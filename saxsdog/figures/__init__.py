"""Pictures of frames and curves, drawn with matplotlib."""

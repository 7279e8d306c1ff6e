"""Files to a World: documents with their lines, loading, and every error of all files at once.

Start at `load.load_files`.
"""

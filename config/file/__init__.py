"""Files to a `World`: YAML and JSON with line numbers, merging of files, and all errors of all files at once.

Start with `load.load_files`. Imports all other rooms of `config`.
"""

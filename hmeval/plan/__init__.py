"""What activating a configuration would do, from plain data: nothing here evaluates, and nothing here writes.

`dag` orders the blocks of the script, `files` follows the checks, the removals and the links, `packages`, `units`,
`dconf` and `launchd` what comes after them; `planner` puts their answers together. HOME and generations are read
through `disk` alone.
"""

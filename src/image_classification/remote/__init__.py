"""What lies in buckets and on servers: fetched into a folder of this machine, and read there like all else.

`fetched.here` is the door: whatever takes a path of a person asks it for the path on this machine.
"""

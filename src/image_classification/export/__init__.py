"""A trained network as files that other programs open, with the proof that they do what it did.

A folder holds the network in one or more formats (`formats/`), what has to be done to any image before
(`preprocessing.py`, in words `README.md`), and golden pictures with what each stage makes of them
(`golden/`): decode, resize, normalise, network, answers. `plan.py` writes such a folder and checks it before
it replaces another one; `verify.py` repeats the whole check wherever the folder is.
"""

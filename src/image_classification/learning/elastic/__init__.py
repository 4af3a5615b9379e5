"""Processes that train together, on one machine or several: started, watched, started anew, and ended.

driver/ runs in the process of the command, agent.py (torch's elastic agent) once on each machine, worker.py
once for each process of the training.
"""

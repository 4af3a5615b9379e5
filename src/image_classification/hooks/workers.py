"""Processes and threads that nodes run in belong to their command: they end with it."""

import multiprocessing
import signal
import threading

from kedro.framework.hooks import hook_impl

from image_classification.processes.parent import end_with_parent
from image_classification.processes.stopping import go_on


class WorkersHook:
    """End each worker process with the process that started it, however that ends."""

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Let threads work, if an earlier run was told to stop."""
        go_on()

    @hook_impl
    def before_dataset_loaded(self) -> None:
        """Watch the parent from the first thing on that a worker does."""
        if multiprocessing.parent_process() is None:
            return
        end_with_parent()
        in_main_thread = threading.current_thread() is threading.main_thread()
        if in_main_thread and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            # Ctrl-C reaches all processes of a terminal: the command says what there is to say
            signal.signal(signal.SIGINT, signal.SIG_DFL)

    @hook_impl
    def before_node_run(self) -> None:
        """Do the same for a node without inputs."""
        self.before_dataset_loaded()

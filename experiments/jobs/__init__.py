"""Jobs: experiments that run in processes of their own and leave a folder."""

from experiments.jobs.backend import Backend, JobError, JobStatus, State
from experiments.jobs.local import LocalBackend

__all__ = ["Backend", "JobError", "JobStatus", "LocalBackend", "State"]

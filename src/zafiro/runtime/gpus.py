"""What NVIDIA's management library says of the GPUs, in MLflow's names and units.

The library itself, not nvidia-smi which only prints what it says: a program of ours would be a
child of the runner, and so look like a process of the job that is still there.
Source: mlflow 3.17, mlflow/system_metrics/metrics/gpu_monitor.py; NVML API reference.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LIBRARY = "libnvidia-ml.so.1"
_MB = 1e6


class Gpus:
    """All GPUs of this node, none where there is no driver. A value NVML does not have is left out.

    gpu_0_memory_usage_percentage, gpu_0_memory_usage_megabytes, gpu_0_utilization_percentage,
    gpu_0_power_usage_watts, gpu_0_power_usage_percentage; gpu_1 … as well.
    """

    def __init__(self, library: Any = None) -> None:
        self._handles: list[Any] = []
        try:
            import ctypes

            self._c = ctypes
            self._nvml = ctypes.CDLL(_LIBRARY) if library is None else library
            if self._nvml.nvmlInit_v2() != 0:
                return
            count = ctypes.c_uint(0)
            self._nvml.nvmlDeviceGetCount_v2(ctypes.byref(count))
            for index in range(count.value):
                handle = ctypes.c_void_p()
                if self._nvml.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(handle)) == 0:
                    self._handles.append((index, handle))
        except (ImportError, OSError, AttributeError):  # no driver here
            return

    def read(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for index, handle in self._handles:
            name = f"gpu_{index}"
            memory = self._ask("MemoryInfo", handle, self._c.c_ulonglong * 3)
            if memory and memory[0]:  # total, free, used
                found[f"{name}_memory_usage_percentage"] = round(100.0 * memory[2] / memory[0], 1)
                found[f"{name}_memory_usage_megabytes"] = round(memory[2] / _MB, 1)
            rates = self._ask("UtilizationRates", handle, self._c.c_uint * 2)
            if rates:  # of the processor, of the memory's bus
                found[f"{name}_utilization_percentage"] = float(rates[0])
            watts = self._ask("PowerUsage", handle, self._c.c_uint * 1)
            limit = self._ask("EnforcedPowerLimit", handle, self._c.c_uint * 1)
            if watts:
                found[f"{name}_power_usage_watts"] = round(watts[0] / 1000, 1)
            if watts and limit and limit[0]:
                found[f"{name}_power_usage_percentage"] = round(100.0 * watts[0] / limit[0], 1)
        return found

    def _ask(self, what: str, handle: Any, shape: Any) -> list[int]:
        """The numbers of a structure that holds nothing else; [] when this GPU has none."""
        numbers = shape()
        asked = getattr(self._nvml, f"nvmlDeviceGet{what}", None)
        if asked is None or asked(handle, self._c.byref(numbers)) != 0:
            return []
        return list(numbers)

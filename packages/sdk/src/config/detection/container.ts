/** The id of the container that the process runs in, from what the kernel tells of the process itself. */
import { readSmallFile } from './small-file.js';

/** Of Docker, containerd, CRI-O and Podman: alone, or as `docker-<id>.scope`, `cri-containerd:<id>`. */
const CONTAINER_ID = /(?:^|[-:])([0-9a-f]{64})(?:\.scope)?$/;
/** Of Amazon's ECS on Fargate. */
const TASK_CONTAINER_ID = /^[0-9a-f]{32}-\d{9,10}$/;
/** What every runtime puts into a container from its own directory of it. */
const RUNTIME_FILES = new Set(['/etc/hostname', '/etc/hosts', '/etc/resolv.conf']);

/** Undefined outside a container, where its runtime does not tell, and on other systems than Linux. */
export function detectContainerId(
  read: (path: string) => string | undefined = readSmallFile,
): string | undefined {
  const fromCgroup = containerIdInCgroup(read('/proc/self/cgroup') ?? '');
  return fromCgroup ?? containerIdInMounts(read('/proc/self/mountinfo') ?? '');
}

/**
 * From `/proc/self/cgroup`: of cgroup version 1 always, of version 2 where the container shares the cgroup
 * namespace of its host. Lines are `id:controllers:path`; the innermost container's segment is the last.
 */
export function containerIdInCgroup(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const path = line.split(':').slice(2).join(':');
    for (const segment of path.split('/').reverse()) {
      const id = CONTAINER_ID.exec(segment)?.[1] ?? TASK_CONTAINER_ID.exec(segment)?.[0];
      if (id !== undefined) return id;
    }
  }
  return undefined;
}

/**
 * From `/proc/self/mountinfo`, where cgroup version 2 shows the container its own root only. In a Kubernetes
 * pod these files are those of the pod's sandbox, whose id is not the container's: then none is better.
 */
export function containerIdInMounts(text: string): string | undefined {
  if (text.includes('/kubelet/pods/') || text.includes('/sandboxes/')) return undefined;
  for (const line of text.split('\n')) {
    const [, , , root = '', mountPoint = ''] = line.split(' ');
    if (!RUNTIME_FILES.has(mountPoint)) continue;
    for (const segment of root.split('/').reverse()) {
      const id = CONTAINER_ID.exec(segment)?.[1];
      if (id !== undefined) return id;
    }
  }
  return undefined;
}

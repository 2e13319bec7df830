import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { containerIdInCgroup, containerIdInMounts, detectContainerId } from './container.js';
import { readSmallFile } from './small-file.js';

const ID = '7be92808767a667f35c8505cbf40d14e931ef6db5b0210329cf193b15ba9d605';
const OTHER = 'f'.repeat(64);
const POD = 'pod2c48913c-b29f-11e7-9350-020968147796';

describe("a container's id in its cgroup", () => {
  test.each([
    ['Docker, version 1', `13:name=systemd:/docker/${ID}\n12:pids:/docker/${ID}\n0::/docker/${ID}\n`],
    ['Docker under systemd, version 1', `11:memory:/system.slice/docker-${ID}.scope\n`],
    ['Docker under systemd, version 2, shared namespace', `0::/system.slice/docker-${ID}.scope\n`],
    ['Kubernetes on Docker, version 1', `4:cpu:/kubepods/besteffort/${POD}/${ID}\n`],
    [
      'Kubernetes on containerd, version 1',
      `9:perf_event:/system.slice/containerd.service/kubepods-burstable-${POD}.slice:cri-containerd:${ID}\n`,
    ],
    [
      'Kubernetes on containerd, version 2',
      `0::/kubepods.slice/kubepods-${POD}.slice/cri-containerd-${ID}.scope\n`,
    ],
    ['Kubernetes on CRI-O', `0::/kubepods.slice/kubepods-burstable.slice/crio-${ID}.scope\n`],
    ['a cgroup that the container made', `0::/system.slice/docker-${ID}.scope/init.scope/app\n`],
    [
      'Podman, rootless',
      `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container\n`,
    ],
    ['ECS', `3:cpuset:/ecs/5c1bd8b5-3f2a-4b0e-9a0f/${ID}\n`],
    ['Docker in Docker: the inner one', `0::/docker/${OTHER}/docker/${ID}\n`],
    ['a later line', `13:rdma:/\n12:pids:/docker/${ID}\n`],
  ])('of %s', (_name, text) => {
    expect(containerIdInCgroup(text)).toBe(ID);
  });

  test('of ECS on Fargate', () => {
    const id = '34dc0b5e626f2c5c4c5170e34b10e765-1234567890';
    expect(containerIdInCgroup(`1:name=systemd:/ecs/34dc0b5e626f2c5c4c5170e34b10e765/${id}\n`)).toBe(id);
  });

  test.each([
    ['nothing', ''],
    ['version 2, own namespace', '0::/\n'],
    ['a host', '0::/user.slice/user-1000.slice/session-3.scope\n'],
    ['a host service', '12:pids:/system.slice/mm-bot.service\n'],
    ['an id that is too short', `0::/docker/${ID.slice(1)}\n`],
    ['an id in upper case', `0::/docker/${ID.toUpperCase()}\n`],
    ['longer hex', `0::/docker/a${ID}\n`],
    ['no lines as they should be', 'nonsense\n:::\n\0\n'],
  ])('is none in %s', (_name, text) => {
    expect(containerIdInCgroup(text)).toBeUndefined();
  });
});

describe("a container's id in its mounts", () => {
  const line = (root: string, at: string) => `982 975 254:1 ${root} ${at} rw,relatime - ext4 /dev/vda1 rw\n`;
  const rootfs =
    '975 880 0:120 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/XX\n';

  test.each([
    ['Docker', rootfs + line(`/var/lib/docker/containers/${ID}/resolv.conf`, '/etc/resolv.conf')],
    ['Docker on a partition of its own', line(`/docker/containers/${ID}/hostname`, '/etc/hostname')],
    ['Podman', line(`/containers/overlay-containers/${ID}/userdata/hosts`, '/etc/hosts')],
  ])('of %s', (_name, text) => {
    expect(containerIdInMounts(text)).toBe(ID);
  });

  test.each([
    ['nothing', ''],
    ['a container of another runtime', rootfs],
    ['a Docker host', line('/', `/var/lib/docker/containers/${ID}/mounts/shm`)],
    [
      'a container that was given the files of others',
      line(`/var/lib/docker/containers/${ID}/hostname`, '/logs/x'),
    ],
    [
      'a pod, whose sandbox these files belong to',
      line(`/var/lib/docker/containers/${OTHER}/hostname`, '/etc/hostname') +
        line('/var/lib/kubelet/pods/2c48913c/etc-hosts', '/etc/hosts'),
    ],
    [
      'a pod on containerd',
      line(`/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/${OTHER}/hostname`, '/etc/hostname'),
    ],
    ['no lines as they should be', 'a b c\n\n \0'],
  ])('is none in %s', (_name, text) => {
    expect(containerIdInMounts(text)).toBeUndefined();
  });
});

describe('detection', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tickscope-detection-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('asks the cgroup first, then the mounts', () => {
    const mounts = `1 2 3:4 /docker/containers/${OTHER}/hosts /etc/hosts rw - ext4 /dev/vda1 rw\n`;
    const read = (cgroup: string) => (path: string) => (path.endsWith('cgroup') ? cgroup : mounts);
    expect(detectContainerId(read(`0::/docker/${ID}\n`))).toBe(ID);
    expect(detectContainerId(read('0::/\n'))).toBe(OTHER);
    expect(detectContainerId(() => undefined)).toBeUndefined();
  });

  test('does not throw or wait for a file that is missing, a folder or a pipe', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(readSmallFile(join(folder, 'missing'))).toBeUndefined();
    expect(readSmallFile(folder)).toBeUndefined();
    expect(readSmallFile(pipe)).toBeUndefined();
  });

  test('reads the beginning of a file that is too long', () => {
    const long = join(folder, 'long');
    writeFileSync(long, 'x'.repeat(300_000));
    expect(readSmallFile(long)?.length).toBe(262_144);
  });
});

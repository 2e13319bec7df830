import { randomUUID } from 'node:crypto';
import { arch, hostname, platform, release } from 'node:os';
import { basename } from 'node:path';
import type { ResourceAttributes } from '../resource.js';
import { detectContainerId } from './container.js';

/** Drawn once per process, so that a restarted pipeline is still the same instance. */
const INSTANCE_ID = randomUUID();

/** Node's names as OpenTelemetry has them, where they differ. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm: 'arm32',
  ia32: 'x86',
  ppc: 'ppc32',
};
const SYSTEMS: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' };

/**
 * What can be known without being told, in OpenTelemetry's terms. Reads at most two files of `/proc`; a part
 * that fails is left out.
 *
 * Left out too: the command line, the working directory and the environment, which hold secrets; the user's name,
 * for which a directory service may have to be asked; the machine's id, which is not for others to know.
 */
export function detectResource(): ResourceAttributes {
  return {
    ...attempt(serviceAttributes),
    ...attempt(hostAttributes),
    ...attempt(processAttributes),
    ...attempt(containerAttributes),
  };
}

function serviceAttributes(): ResourceAttributes {
  return {
    'service.name': `unknown_service:${basename(process.execPath, '.exe')}`,
    'service.instance.id': INSTANCE_ID,
  };
}

function hostAttributes(): ResourceAttributes {
  return {
    'host.name': hostname(),
    'host.arch': ARCHITECTURES[arch()] ?? arch(),
    'os.type': SYSTEMS[platform()] ?? platform(),
    'os.version': release(),
  };
}

function processAttributes(): ResourceAttributes {
  return {
    'process.pid': process.pid,
    'process.executable.name': basename(process.execPath),
    'process.executable.path': process.execPath,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'process.runtime.description': 'Node.js',
  };
}

function containerAttributes(): ResourceAttributes {
  const id = platform() === 'linux' ? detectContainerId() : undefined;
  return id === undefined ? {} : { 'container.id': id };
}

function attempt(detect: () => ResourceAttributes): ResourceAttributes {
  try {
    return detect();
  } catch {
    return {};
  }
}

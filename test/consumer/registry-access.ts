import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cleanEnvironment, optionalTool } from '@tickscope-test/support';

/**
 * False, loudly, where npm's registry cannot be asked outside CI. Asked for once and apart from the installations, so
 * that one that fails is never taken for a missing network.
 */
export async function hasRegistryAccess(): Promise<boolean> {
  const isReachable = await optionalTool({
    name: "npm's registry",
    leavesUnchecked: 'that the packed packages install, and work beside other versions',
    async obtain() {
      await promisify(execFile)('npm', ['ping'], { env: cleanEnvironment(), timeout: 60_000 });
      return true;
    },
  });
  return isReachable === true;
}

/** Kept equal to package.json by a test; read at run time it would be one more file to find in a bundle. */
export const VERSION = '0.1.0';

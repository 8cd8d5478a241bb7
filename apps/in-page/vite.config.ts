/** Serves the page from the sources of the repository. */

import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({ resolve: { conditions: ['@rheo/source', ...defaultClientConditions] } });

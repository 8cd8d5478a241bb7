/** What index.html runs. */

import { showPage } from './page.ts';

showPage(document.body.appendChild(document.createElement('main')));

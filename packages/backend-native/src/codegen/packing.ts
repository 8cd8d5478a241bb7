/**
 * Copying a matrix into column panels, as C text. Strides and sizes come at run time.
 */

/** Name of the function. */
export const packingName: string = 'pack_panels';

/** Text of the function: rows of the matrix in vectors where they lie so, else element by element. */
export const packingText: string = `/* to[panel][k][width] = from[k * k_step + n * n_step], zero beyond the last column. */
HELPER void ${packingName}(const float *from, long k_step, long n_step, long k, long n, long width, float *to) {
  const long lanes = sizeof(f32v) / 4;
  for (long first = 0; first < n; first += width) {
    const long columns = n - first < width ? n - first : width;
    const float *source = from + first * n_step;
    if (n_step == 1 && columns == width) {
      for (long i = 0; i < k; ++i, source += k_step)
        for (long j = 0; j < width; j += lanes, to += lanes) store_f(to, load_f(source + j));
    } else {
      for (long j = 0; j < width; ++j) {
        const float *element = source + j * n_step;
        if (j < columns) for (long i = 0; i < k; ++i) to[i * width + j] = element[i * k_step];
        else for (long i = 0; i < k; ++i) to[i * width + j] = 0.0f;
      }
      to += k * width;
    }
  }
}`;

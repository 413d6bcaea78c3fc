/* Calls the launchers that fusion-opt --emit=cpp-host made, as C would. Without a GPU their errors are all there is to see. */
#include "chain.h"
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  float *memory = aligned_alloc(256, 1 << 20);
  int wrong_batch =
      fused_linear_group_norm_swish_forward(memory, memory, memory, memory, memory, memory, memory, memory, memory, memory, 17, NULL);
  int misaligned =
      fused_linear_group_norm_swish_forward(memory + 1, memory, memory, memory, memory, memory, memory, memory, memory, memory, 16, NULL);
  int launched =
      fused_linear_group_norm_swish_forward(memory, memory, memory, memory, memory, memory, memory, memory, memory, memory, 16, NULL);
  printf("wrong batch %d, misaligned %d, without a GPU %s\n", wrong_batch, misaligned,
         launched > 1 ? "an error of the runtime's" : "nothing");
  printf("workspace %d and %d\n", (int)fused_linear_group_norm_swish_forward_workspace(16),
         (int)fused_linear_group_norm_swish_backward_workspace(16));
  free(memory);
  return 0;
}

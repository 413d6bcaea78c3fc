// The 16-bit types of tensors in memory: what is read is widened to fp32, what is written is rounded to nearest even.
// requires: base.cuh

struct bf16 {
  unsigned short bits;
  DEV operator float() const { return __int_as_float((int)bits << 16); }
  DEV bf16 &operator=(float v) {
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(v));
    return *this;
  }
};

struct f16 {
  unsigned short bits;
  DEV operator float() const {
    float v;
    asm("cvt.f32.f16 %0, %1;" : "=f"(v) : "h"(bits));
    return v;
  }
  DEV f16 &operator=(float v) {
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(v));
    return *this;
  }
};

// The nearest value that a type holds.
template <class E> DEV float roundedTo(float v) {
  E e;
  e = v;
  return e;
}
